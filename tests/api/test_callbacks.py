"""A network is scored while it trains, and trains as if it was not."""

import logging
import random

import numpy as np
import pytest
import torch

import evalkit as ek
from evalkit.api.callbacks import watch as watching
from evalkit.api.trackers.entry import values_of


class Tint(torch.nn.Module):
    """The source image, tinted; with parts whose mode and random numbers matter."""

    def __init__(self):
        super().__init__()
        self.tint = torch.nn.Parameter(torch.zeros(3))
        self.norm = torch.nn.BatchNorm2d(3)
        self.noise = torch.nn.Dropout(0.5)
        self.frozen = torch.nn.BatchNorm2d(3).eval()

    def forward(self, images):
        return self.noise(self.frozen(self.norm(images)) + self.tint[:, None, None])


def animate(module, sources, driving, motion):
    assert not module.training and not torch.is_grad_enabled()
    torch.rand(3), np.random.rand(), random.random()
    image = torch.from_numpy(sources[:1]).permute(0, 3, 1, 2) / 255
    for chunk in driving:
        made = module(image).clamp(0, 1).permute(0, 2, 3, 1).numpy()
        yield np.repeat(made, len(chunk), axis=0)


def train(watch=None, steps=6):
    """What a short training comes to, with the random numbers that follow."""
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    network = Tint()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for step in range(1, steps + 1):
        network(torch.rand(4, 3, 8, 8)).square().mean().backward()
        if watch:
            watch(step, network)
        optimizer.step()
        optimizer.zero_grad()
    after = (torch.rand(2), np.random.rand(), random.random())
    return network, after


@pytest.fixture(scope="module")
def looked(protocol, root, tmp_path_factory):
    """A training with a watch: (network, what follows, the watch, what was logged)."""
    logged = []
    out = tmp_path_factory.mktemp("runs")
    chosen = protocol.model_copy(update={"metrics": ("l1", "psnr")})
    with ek.callbacks.Watch(
        chosen, animate, every=3, pairs=2, data=root, out=out, log=lambda step, run: logged.append((step, run))
    ) as watch:
        network, after = train(watch)
    return network, after, watch, logged


@pytest.mark.slow
def test_the_training_comes_to_the_same_bits(looked):
    network, after, _, _ = looked
    alone, expected = train()
    for name, value in alone.state_dict().items():
        assert torch.equal(value, network.state_dict()[name]), name
    assert torch.equal(after[0], expected[0]) and after[1:] == expected[1:]
    assert network.training and network.norm.training and not network.frozen.training


def test_every_look_is_a_run(looked):
    _, _, watch, logged = looked
    assert [step for step, _ in logged] == [3, 6] == list(watch.runs)
    for step, run in logged:
        assert run.path.name == f"training@step-{step:07}" and not run.summary.complete
        assert run.summary.pairs.scored == 2 and run["l1"].value > 0
    assert len({run["l1"].value for _, run in logged}) == 2
    folders = [path for path in watch.out.glob("small_self/*") if not path.name.startswith(".")]
    assert {ek.read_run(path).path for path in folders} == {run.path for _, run in logged}  # and nothing else
    assert [pair.id for pair in watch.pairs] == [f"person{n}_take" for n in (0, 2)]  # evenly spaced


def test_what_goes_wrong_is_a_warning(protocol, root, tmp_path, caplog, monkeypatch):
    def broken(module, sources, driving, motion):
        raise ValueError("no such layer")

    watch = ek.callbacks.Watch(protocol, broken, every=1, pairs=["person1_take"], data=root, out=tmp_path)
    with watch, caplog.at_level(logging.WARNING, "evalkit"):
        watch(1, Tint())
        assert "person1_take could not be animated: raised ValueError: no such layer" in caplog.text
        assert watch.runs == {} and not watch._waiting
        monkeypatch.setattr(watching, "MOST_WAITING", 0)
        watch(2, Tint())
        assert "Step 2 is not looked at" in caplog.text
    with pytest.raises(ek.EvalkitError, match="no pair called 'person9'"):
        ek.callbacks.Watch(protocol, animate, every=1, pairs=["person9"], data=root)
    with pytest.raises(ek.EvalkitError, match="at least 1 step"):
        ek.callbacks.Watch(protocol, animate, every=0, data=root)


class Spy(ek.callbacks.Watch):
    """A watch that notes when it looks and starts no process."""

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.looks, self.closed = [], False

    def look(self, step, module):
        self.looks.append((step, module))

    def close(self):
        self.closed = True


def test_a_step_that_is_said_twice_is_looked_at_once(protocol, root):
    watch = Spy(protocol, animate, every=2, data=root)
    for step in (0, 0, 1, 2, 2, 3, 4, 4):
        watch(step, None)
    assert [step for step, _ in watch.looks] == [2, 4]


def test_lightning_says_its_steps(protocol, root, looked, tmp_path):
    lightning = pytest.importorskip("lightning.pytorch", reason="Lightning is not installed")
    from lightning.pytorch.loggers import CSVLogger

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.network = Tint()

        def training_step(self, batch, batch_idx):
            return self.network(batch).square().mean()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    watch = Spy(protocol, animate, every=2, data=root)
    logger = CSVLogger(tmp_path)
    batches = torch.utils.data.DataLoader(torch.rand(16, 3, 8, 8), batch_size=2)
    trainer = lightning.Trainer(
        max_epochs=1, accumulate_grad_batches=2, callbacks=[ek.callbacks.lightning(watch)], logger=logger,
        accelerator="cpu", enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False,
    )  # fmt: skip
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(Module(), batches)
    assert [step for step, _ in watch.looks] == [2, 4] and watch.closed
    _, run = looked[3][0]
    watch.log(2, run)
    logger.save()
    assert "small_self/l1" in (tmp_path / "lightning_logs" / "version_0" / "metrics.csv").read_text()


def test_accelerate_looks_at_the_module_itself(protocol, root, looked):
    accelerate = pytest.importorskip("accelerate", reason="Accelerate is not installed")
    accelerator = accelerate.Accelerator(cpu=True)
    logged = []
    accelerator.log = logged.append
    watch = Spy(protocol, animate, every=1, data=root)
    network = Tint()
    look = ek.callbacks.accelerate(watch, accelerator)
    look(1, accelerator.prepare(network))
    assert watch.looks == [(1, network)]
    _, run = looked[3][0]
    watch.log(5, run)
    assert logged == [{**values_of(run), "evalkit/step": 5}]
