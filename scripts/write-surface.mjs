// Writes the list of public names that test/surface.test.ts compares with. Run it after a change of src/index.ts that
// is meant, and look at the diff.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { listSurface, readSurface } from '../.build/test/support/surface.js'

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
writeFileSync(file('test/surface.txt'), listSurface(readSurface(file('dist/index.d.ts'))))
