"""Going back to the last good checkpoint, with half the learning rates."""

import keras

from ganzoo.files import read_json, write_json
from ganzoo.runs import Run

MOST = 3
_PLAYERS = ("generator", "discriminator")


def rollbacks(run: Run) -> list[dict]:
    """Returns what rollbacks.json holds, the first one first.

    Each has the step that went wrong and the one gone back to, the error, and both
    learning rates from then on.
    """
    path = run.path / "rollbacks.json"
    return read_json(path)["rollbacks"] if path.exists() else []


def prepare(run: Run, game: keras.Model) -> None:
    """Saves a game that has no checkpoint yet, so that there is one to go back to."""
    if not run.checkpoints():
        run.save(game)


def resume(run: Run, game: keras.Model) -> None:
    """Gives a restored game the learning rates of the last rollback, if there was one.

    A checkpoint has the rates of its time; one that was written before the rollback
    does not know of it.
    """
    if done := rollbacks(run):
        _set_rates(game, done[-1])


def roll_back(run: Run, game: keras.Model, error: ArithmeticError) -> dict:
    """Restores the last good checkpoint and halves both learning rates.

    The batches and the noise that follow are those of before, for they are functions of
    the step; only the learning rates differ. The logs are cut back to the checkpoint.

    Args:
        run: The run folder, which notes it in rollbacks.json.
        game: Whose training failed.
        error: By which it failed.

    Returns:
        What was noted.

    Raises:
        ArithmeticError: That very error, after so many rollbacks, or where there is no
            checkpoint.
    """
    done = rollbacks(run)
    if len(done) >= MOST or not run.checkpoints():
        raise error
    failed = int(game.step)
    rates = {f"{name}_learning_rate": _rate(game, name) / 2 for name in _PLAYERS}
    noted = {"failed_at": failed, "back_to": run.restore(game)}
    noted |= {"error": str(error).partition(";")[0]} | rates
    # First the note: whoever is killed after it resumes with the new rates.
    done = {"rollbacks": [*done, noted]}
    write_json(run.path / "rollbacks.json", done, sealed=True)
    _set_rates(game, noted)
    return noted


def in_words(noted: dict) -> str:
    """Says what a rollback was."""
    rates = " and ".join(f"{noted[f'{name}_learning_rate']:.3g}" for name in _PLAYERS)
    return (
        f"{noted['error']}. Back to step {noted['back_to']}, with half the learning "
        f"rates: now {rates} ({' and '.join(_PLAYERS)})."
    )


def _rate(game: keras.Model, player: str) -> float:
    return float(getattr(game, f"{player}_optimizer").learning_rate.numpy())


def _set_rates(game: keras.Model, noted: dict) -> None:
    for name in _PLAYERS:
        optimizer = getattr(game, f"{name}_optimizer")
        optimizer.learning_rate = noted[f"{name}_learning_rate"]
