import { checkOneOf, checkRecord } from '../base/argument.ts'
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
    if (value !== undefined && !(typeof value === 'number' && value > 0)) {
      throw new ArgumentError(`resourceLimits.${name} must be a number of MiB above 0.`)
    }
  }
}
