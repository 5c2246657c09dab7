# Makes wan_dit.pth with PyTorch (1.13 made the one here): the weights (w.*) of wan_dit.safetensors as torch.save writes a state dict, under the key that
# training scripts use. Run with the golden file and the file to write.
import json, struct, sys
from collections import OrderedDict
import torch

raw = open(sys.argv[1], "rb").read()
length, = struct.unpack("<Q", raw[:8])
state = OrderedDict()
for name, entry in json.loads(raw[8:8 + length]).items():
  if name.startswith("w."):
    begin, end = (8 + length + at for at in entry["data_offsets"])
    state[name[2:]] = torch.frombuffer(bytearray(raw[begin:end]), dtype=torch.float32).reshape(entry["shape"]).clone()
torch.save({"state_dict": state, "step": 1000}, sys.argv[2])
