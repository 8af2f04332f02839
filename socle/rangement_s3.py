"""Le seau S3, quand ``MEDIA_STORAGE`` en nomme un ; boto3 n'est chargé qu'alors."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from socle.rangement import absent, refuser


class Seau(S3Storage):
    def _open(self, name: str, mode: str = "rb") -> Any:
        try:
            return super()._open(name, mode)
        except FileNotFoundError as erreur:
            raise absent(name, erreur) from erreur

    def _save(self, name: str, content: Any) -> str:
        try:
            return super()._save(name, content)
        except (BotoCoreError, ClientError, OSError) as erreur:
            raise refuser(name, erreur) from erreur
