"""What the product knows, without any input or output.

Rooms on floors, of which each knows only those below it: `guard`, `messages`, `reports`,
`notices`, then `judgement` and `bills` side by side, `record`, `figures`, then `runs` and `config`
side by side, `prices`, and `basics` at the bottom.
"""
