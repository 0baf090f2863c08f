"""Operations become ONNX models that onnxruntime answers the same with."""

import pytest

from framework.exchange.programs import example_batch, largest_difference

pytest.importorskip("onnx", reason="needs the extra onnx")
pytest.importorskip("onnxscript", reason="needs the extra onnx")
pytest.importorskip("onnxruntime", reason="needs the extra onnx")


@pytest.mark.slow
def test_model_answers_what_the_operation_does(loaded):
    from framework.exchange.onnx_programs import onnx_bytes, read_onnx  # noqa: PLC0415  an extra

    model = read_onnx(onnx_bytes(loaded, "reconstruct"))
    assert largest_difference(loaded, "reconstruct", model) < 1e-5
    assert model(example_batch(loaded, "reconstruct", 11)).shape == (11, 1, 8, 8)
