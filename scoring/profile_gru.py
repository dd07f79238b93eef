"""Days as a sequence: a recurrent network that learns to write 28 days down in a few numbers and to read them again.

A GRU autoencoder (Cho et al. 2014; Srivastava et al. 2015). torch is needed to train it and nothing of torch to serve
it: the encoder is exported to ONNX and run by onnxruntime. Its bytes are an array of the model file, under that file's
digests.
"""

from __future__ import annotations

import importlib
import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.errors import ExtraMissing, ModelRefused
from scoring.values import Floats

_HIDDEN, _BATCH, _OPSET = 32, 64, 17
_RATE = 3e-3
_INPUT, _OUTPUT = "days", "embedding"
Bytes = NDArray[np.uint8]


def trained(windows: Floats, dimensions: int, *, epochs: int, seed: int) -> Bytes:
    """An encoder as ONNX. windows ``(n, 28, columns)``, standardised. Raises ExtraMissing."""
    torch = _extra("torch")
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # the same sums in the same order, whatever the machine
    encoder, decoder = _networks(torch, windows.shape[2], dimensions)
    learnt = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=_RATE)
    days = torch.tensor(windows, dtype=torch.float32)
    for _ in range(epochs):
        for rows in torch.randperm(len(days)).split(_BATCH):
            batch = days[rows]
            loss = torch.nn.functional.mse_loss(decoder(encoder(batch)), batch)
            learnt.zero_grad()
            loss.backward()
            learnt.step()
    return _exported(torch, encoder.eval(), days[:1])


def _extra(name: str) -> Any:
    """A library that most installations do not have, and that takes seconds to import."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ExtraMissing(f"a recurrent network needs: pip install 'chasqui[deep]' ({error.name})") from None


def _networks(torch: Any, width: int, dimensions: int) -> tuple[Any, Any]:
    """What writes down, and what reads it again."""

    class Encoder(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.days = torch.nn.GRU(width, _HIDDEN, batch_first=True)
            self.down = torch.nn.Linear(_HIDDEN, dimensions)

        def forward(self, days: Any) -> Any:
            _, last = self.days(days)
            return self.down(last[0])

    class Decoder(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.days = torch.nn.GRU(dimensions + 2, _HIDDEN, batch_first=True)
            self.out = torch.nn.Linear(_HIDDEN, width)

        def forward(self, described: Any) -> Any:
            step = torch.arange(28, dtype=torch.float32)
            week = torch.stack([torch.sin(2 * torch.pi * step / 7), torch.cos(2 * torch.pi * step / 7)], dim=1)
            repeated = described[:, None, :].expand(-1, 28, -1)
            out, _ = self.days(torch.cat([repeated, week.expand(len(described), -1, -1)], dim=2))
            return self.out(out)

    return Encoder(), Decoder()


def _exported(torch: Any, encoder: Any, example: Any) -> Bytes:
    kept = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter that needs no further library is the old one, and says so
        torch.onnx.export(
            encoder,
            (example,),
            kept,
            input_names=[_INPUT],
            output_names=[_OUTPUT],
            dynamic_axes={_INPUT: {0: "people"}, _OUTPUT: {0: "people"}},
            opset_version=_OPSET,
            dynamo=False,
        )
    return np.frombuffer(kept.getvalue(), np.uint8)


class Encoder:
    """Runs an exported encoder. Raises ExtraMissing without onnxruntime, ModelRefused for what is no encoder."""

    def __init__(self, onnx: Bytes) -> None:
        onnxruntime = _extra("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(onnx.tobytes(), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime has a class for each of its reasons and no base for them
            raise ModelRefused(f"its encoder cannot be run: {str(error).splitlines()[0][:120]}") from None

    def embed(self, windows: Floats) -> Floats:
        """``(n, 28, columns)``, standardised, to ``(n, dimensions)``."""
        (found,) = self._session.run([_OUTPUT], {_INPUT: windows.astype(np.float32)})
        return np.asarray(found, dtype=float)
