"""Secrets that stand in files: `<NAME>_FILE` names one, in the environment or in `.env`."""

from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from pydantic import model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource


class _SecretFile(NamedTuple):
    """Stands for a setting until all that may say it better was asked; only then it is read."""

    variable: str
    path: Path

    def read(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not text"
            raise ValueError(f"{self.variable}: {self.path}: {reason}") from error


class _FilesNamedBy(PydanticBaseSettingsSource):
    """The secrets of which another source, such as the environment, names the file."""

    def __init__(
        self, settings: type["SettingsWithSecrets"], source: PydanticBaseSettingsSource
    ) -> None:
        super().__init__(settings)
        said = source.env_vars if isinstance(source, EnvSettingsSource) else {}
        prefix = str(self.config.get("env_prefix", ""))
        variables = {name: f"{prefix}{name}_FILE".upper() for name in settings.secrets}
        self._files = {
            name: _SecretFile(variable, Path(path))
            for name, variable in variables.items()
            if (path := said.get(variable.lower()))
        }

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        return self._files.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return dict(self._files)


class SettingsWithSecrets(BaseSettings):
    """Settings of which some may stand in files.

    What is said in the program goes first, then the environment, then `.env`; within each the file
    goes before the value.
    """

    secrets: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del settings_cls
        return (
            init_settings,
            _FilesNamedBy(cls, env_settings),
            env_settings,
            _FilesNamedBy(cls, dotenv_settings),
            dotenv_settings,
            file_secret_settings,
        )

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: dict[str, Any]) -> dict[str, Any]:
        """`JWT_KEYS_FILE=/run/secrets/jwt` stands for `JWT_KEYS=<content of that file>`."""
        return {
            name: value.read() if isinstance(value, _SecretFile) else value
            for name, value in values.items()
        }
