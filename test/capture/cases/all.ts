import type { Case } from './case.ts'
import { classCases } from './classes.ts'
import { functionCases } from './functions.ts'
import { importCases } from './imports.ts'
import { refusalCases } from './refusals.ts'
import { thisCases } from './this.ts'
import { valueCases } from './values.ts'

/** The table of what travels, to be run in every way that TypeScript is run. */
export const cases: readonly Case[] = [
  ...functionCases,
  ...classCases,
  ...thisCases,
  ...valueCases,
  ...importCases,
  ...refusalCases,
]
