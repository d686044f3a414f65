import numpy as np
import pytest
import torch

from synthgen.models.patch_vae import NOISE, PatchVAE, fit_linear, fit_refinement
from synthgen.seeds import torch_init, torch_rng


@pytest.fixture(scope="module")
def pictures():
    """Soft blobs of random place and colour, (64, 3, 32, 32)."""
    torch.set_num_threads(1)
    rng = torch_rng("blobs")
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    places = torch.rand(64, 2, 1, 1, generator=rng) * 24 + 4
    blobs = torch.exp(-((y - places[:, 0]) ** 2 + (x - places[:, 1]) ** 2) / 30)
    colours = torch.rand(64, 3, 1, 1, generator=rng)
    return 2 * blobs[:, None] * colours - 1


@pytest.fixture(scope="module")
def vae(pictures):
    with torch_init("test"):
        vae = PatchVAE()
    fit_linear(vae, pictures)
    fit_refinement(vae, pictures, torch_rng("refine"), 60)
    return vae.requires_grad_(False)


def test_a_picture_survives_encoding(vae, pictures):
    error = vae.decode(vae.encode(pictures).latent_dist.mode())[0] - pictures
    assert error.abs().mean() * 127.5 < 2


def test_latents_are_spread_like_the_noise_that_is_added_to_them(vae, pictures):
    assert vae.encode(pictures).latent_dist.mode().std() == pytest.approx(1, abs=0.05)


def test_no_specks_where_patches_meet(vae, pictures):
    latents = vae.encode(pictures).latent_dist.mode()
    noisy = latents + NOISE * torch.randn(latents.shape, generator=torch_rng("noise"))
    error = (vae.decode(noisy)[0] - pictures)[:, :, 4:-4, 4:-4].abs().mean((0, 1))
    place = np.arange(24) % 4
    at_corner = error[np.ix_(np.isin(place, (0, 3)), np.isin(place, (0, 3)))].mean()
    inside = error[np.ix_(np.isin(place, (1, 2)), np.isin(place, (1, 2)))].mean()
    assert at_corner < 1.2 * inside  # decoding each patch alone: 1.31


def test_it_is_the_same_after_saving(vae, pictures, tmp_path):
    vae.save_pretrained(tmp_path, safe_serialization=True)
    loaded = PatchVAE.from_pretrained(tmp_path, use_safetensors=True)
    latents = vae.encode(pictures).latent_dist.mode()
    torch.testing.assert_close(loaded.decode(latents)[0], vae.decode(latents)[0], rtol=0, atol=0)
