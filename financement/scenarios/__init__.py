"""Qui financer sous les enveloppes : calcul pur, en cents entiers, optimum prouvé par HiGHS."""
