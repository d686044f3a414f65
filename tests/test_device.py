"""Where networks run."""

import threading

import torch

from synthgen import device


def test_the_environment_decides_before_what_is_there(monkeypatch):
    monkeypatch.setenv("SYNTHGEN_DEVICE", "meta")
    assert device.pick_device() == "meta"


def test_without_an_accelerator_it_is_the_cpu(monkeypatch):
    monkeypatch.delenv("SYNTHGEN_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert device.pick_device() == "cpu"


def test_one_thread_holds_in_the_thread_that_asks():
    found = []
    thread = threading.Thread(target=lambda: (device.one_thread(), found.append(torch.get_num_threads())))
    thread.start()
    thread.join()
    assert found == [1]


def test_bfloat16_is_taken_only_where_the_device_has_it(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert device.quick_precision("cpu") == "bfloat16"
    assert device.quick_precision("mps") == "float32"
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    assert device.quick_precision("cpu") == "float32"
