"""Les tracés du bilan : dessinés une fois par matplotlib, les mêmes à la page, au PDF et au DOCX.

``donnees`` dit ce qu'un tracé montre, ``gardes`` le rend en SVG ou en PNG ; le reste les sert.
"""
