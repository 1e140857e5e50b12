import type { Case } from './case.ts'
import { changeCases } from './changes.ts'
import { classCases } from './classes.ts'
import { functionCases } from './functions.ts'
import { importCases } from './imports.ts'
import { libraryCases } from './libraries.ts'
import { refusalCases } from './refusals.ts'
import { thisCases } from './this.ts'
import { valueCases } from './values.ts'

/** The table of what travels, by kind, to be run in every way that TypeScript is run. */
export const kinds: Readonly<Record<string, readonly Case[]>> = {
  Functions: functionCases,
  Classes: classCases,
  'Changes to functions, classes and arrays': changeCases,
  '`this` and `super`': thisCases,
  Values: valueCases,
  'Imports and globals': importCases,
  'What libraries made': libraryCases,
  Limits: refusalCases,
}

export const cases: readonly Case[] = Object.values(kinds).flat()
