// Writes the tables of docs/what-travels.md from what `npm run matrix` found out, version by version, in .cache/what-travels.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kindsTable, waysTable, withTables } from '../.build/test/capture/support/travel-tables.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const found = join(root, '.cache/what-travels')
const page = join(root, 'docs/what-travels.md')

const versions = readdirSync(found)
  .map((file) => ({ version: file.slice(1, -5), outcomes: JSON.parse(readFileSync(join(found, file), 'utf8')) }))
  .sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }))
writeFileSync(page, withTables(readFileSync(page, 'utf8'), { ways: waysTable(versions), kinds: kindsTable() }))
