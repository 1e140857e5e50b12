import { badArgument, checkOneOf, checkRecord } from '../base/argument.ts'
import { ArgumentError } from '../base/errors.ts'
import type { BackendName, ResourceLimits, SpawnOptions } from './backend.ts'

/**
 * Checks the name of a backend and refuses, with an `ArgumentError`, every option that means nothing to it. Apart from
 * the backends, so that they need not be loaded for it.
 */
export function checkBackend<Name extends BackendName>(
  option: string,
  name: unknown = 'process',
  allowed: readonly Name[],
  { cwd, execPath, execArgv, env, resourceLimits }: Partial<Record<keyof SpawnOptions, unknown>>,
): Name {
  const backend = checkOneOf(option, name, allowed)
  if (backend !== 'thread') refuse({ resourceLimits }, LIMITS_ELSEWHERE[backend === 'inline' ? 'inline' : 'process'])
  if (backend !== 'process') refuse({ cwd, execPath }, `which belongs to a whole process; ${INSTEAD}`)
  if (backend === 'inline') refuse({ env, execArgv }, `because inline tasks run in this very thread; ${INSTEAD}`)
  if (resourceLimits !== undefined) checkLimits(resourceLimits as ResourceLimits)
  return backend
}

const INSTEAD = "leave it out, or take backend: 'process'."

const LIMITS_ELSEWHERE = {
  process: "which are for backend: 'thread'; a process takes execArgv: ['--max-old-space-size=<MiB>'].",
  inline: "which are for backend: 'thread'.",
}

const LIMITS: readonly (keyof ResourceLimits)[] = [
  'maxOldGenerationSizeMb',
  'maxYoungGenerationSizeMb',
  'codeRangeSizeMb',
  'stackSizeMb',
]

// With less a thread cannot even start Node, and with much less it takes the whole program along (Node 20.20 to 26.10).
const LEAST: Partial<Record<keyof ResourceLimits, number>> = { maxOldGenerationSizeMb: 8, stackSizeMb: 0.5 }

function refuse(options: Record<string, unknown>, why: string): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) throw new ArgumentError(`This backend takes no ${name}, ${why}`)
  }
}

function checkLimits(limits: ResourceLimits): void {
  for (const [name, value] of Object.entries(checkRecord('resourceLimits', 'an object of limits', limits)) as [
    keyof ResourceLimits,
    unknown,
  ][]) {
    if (!LIMITS.includes(name)) {
      throw new ArgumentError(`resourceLimits has no limit '${name}'; it takes ${LIMITS.join(', ')}.`)
    }
    if (value === undefined) continue
    const least = LEAST[name]
    if (typeof value !== 'number' || !(least === undefined ? value > 0 : value >= least)) {
      const wanted = `a number of MiB ${least === undefined ? 'above 0' : `of at least ${least}`}`
      throw badArgument(`resourceLimits.${name}`, wanted, value)
    }
  }
}
