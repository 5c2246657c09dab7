// Parses Swift files by tree-sitter's grammar, and names what does not parse. What the names in them mean is not looked at.
const fs = require('fs');
const Parser = require('tree-sitter');

const parser = new Parser();
parser.setLanguage(require('tree-sitter-swift'));
let problems = 0;

function look(file, node) {
  if (node.type === 'ERROR' || node.isMissing) {
    console.log(`${file}:${node.startPosition.row + 1}: ${node.text.slice(0, 60)}`);
    problems++;
  }
  for (const child of node.children) look(file, child);
}

for (const file of process.argv.slice(2)) look(file, parser.parse(fs.readFileSync(file, 'utf8')).rootNode);
process.exit(problems > 0 ? 1 : 0);
