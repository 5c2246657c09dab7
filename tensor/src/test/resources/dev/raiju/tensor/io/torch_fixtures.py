# Makes tiny.pth and protocol4.pth with PyTorch (1.13 made those here): run with the folder to write to as the argument.
import sys, torch
from collections import OrderedDict
torch.manual_seed(0)
base = torch.arange(24, dtype=torch.float32)
torch.save(OrderedDict([("a", torch.tensor([1.5, -2.0])), ("v", base[2:14].view(3, 4).t()), ("n", torch.tensor(3))]), sys.argv[1] + "/tiny.pth")
torch.save({
    "module": {"layers": [torch.ones(2, dtype=torch.float16), {"w": torch.zeros(0, 3)}], "size": torch.Size([1, 2]), "lr": 1e-3, "none": None,
      7: torch.tensor(True), "big": 1 << 40, "t": (torch.nn.Parameter(torch.eye(2)), "x")}, "epoch": 3
}, sys.argv[1] + "/protocol4.pth", pickle_protocol=4)
