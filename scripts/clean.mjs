import { rmSync } from 'node:fs'

// Files of an earlier build whose sources are gone would still be packed.
rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true })
