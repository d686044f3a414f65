"""Keys decide everything: the same key, the same generator, hash and initial weights."""

import threading

import torch

from synthgen import seeds


def test_the_key_alone_decides_what_a_generator_gives():
    assert seeds.numpy_rng(1, "a").random() == seeds.numpy_rng(1, "a").random()
    assert seeds.numpy_rng(1, "a").random() != seeds.numpy_rng(1, "b").random()
    one, two = (torch.rand(4, generator=seeds.torch_rng("x")) for _ in range(2))
    assert torch.equal(one, two)


def test_keys_of_other_shape_are_other_keys():
    assert seeds.hash_of("ab", "c") != seeds.hash_of("a", "bc") != seeds.hash_of(["a", "bc"])


def test_the_order_of_a_mapping_does_not_count():
    assert (
        seeds.canonical({"b": 1, "a": "é"})
        == seeds.canonical({"a": "é", "b": 1})
        == '{"a":"é","b":1}'.encode()
    )


def test_initial_weights_repeat_and_leave_the_global_generator_as_it_was():
    before = torch.random.get_rng_state()
    with seeds.torch_init("net"):
        one = torch.nn.Linear(3, 3).weight
    assert torch.equal(before, torch.random.get_rng_state())
    with seeds.torch_init("net"):
        assert torch.equal(torch.nn.Linear(3, 3).weight, one)


def test_initial_weights_repeat_while_other_threads_initialise():
    found = {}

    def start(name):
        for i in range(20):
            with seeds.torch_init("net", i):
                found[name, i] = torch.nn.Linear(8, 8).weight

    threads = [threading.Thread(target=start, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(found["a", i], found["b", i]) for i in range(20))


def test_a_folder_hash_sees_names_and_contents_and_no_hidden_files(tmp_path):
    (tmp_path / "a").write_text("1")
    first = seeds.folder_sha256(tmp_path)
    (tmp_path / ".hidden").write_text("x")
    assert seeds.folder_sha256(tmp_path) == first
    (tmp_path / "a").rename(tmp_path / "b")
    renamed = seeds.folder_sha256(tmp_path)
    (tmp_path / "b").write_text("2")
    assert len({first, renamed, seeds.folder_sha256(tmp_path)}) == 3
