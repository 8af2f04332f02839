"""Le banc d'essai (``script/bench``) : chaque page en rapport avec une vue Django nue.

``--json`` écrit une liste d'objets : ``nom``, ``n`` (demandes dans la base, ou documents),
``mediane_ms``, ``plancher_ms`` (le témoin, mesuré en alternance), ``ratio``, ``requetes`` (SQL,
null quand il n'y en a pas). Le témoin d'une page lit 50 lignes en une requête, celui de
l'enregistrement automatique en écrit une, tous par le même gunicorn à deux ouvriers, ``DEBUG``
éteint ; celui d'une lettre est un rendu WeasyPrint du même HTML. Un scénario, la répartition des
lectures (``optimal`` dit si l'optimum est prouvé) et la solidité d'un classement (``bootstrap``)
n'ont pas de témoin.
"""
