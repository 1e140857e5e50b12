import { FunctionUnsendableError, ValueUnsendableError } from '../base/errors.ts'

/** One step from the root to a value, for texts. */
export interface Step {
  readonly label: string
  readonly kind: 'root' | 'function' | 'variable' | 'property' | 'part'
  readonly up: Step | undefined
  /** Whether it is a function, or anywhere in one. */
  readonly isWithin: boolean
}

export type Refusal = FunctionUnsendableError | ValueUnsendableError

/** What to throw where the steps end. `reason` continues "it …" or "its variable `x` …"; `advice` is a whole sentence. */
export function refusalAt(step: Step | undefined, reason: string, advice: string): Refusal {
  const steps: Step[] = []
  for (let at = step; at; at = at.up) steps.unshift(at)
  const first = steps.findIndex(({ kind }) => kind === 'function')
  if (first < 0) {
    const path = steps.map(pathPart).join('')
    return new ValueUnsendableError(`${path} cannot be sent to another process: it ${reason}. ${advice}`, path)
  }
  const names = steps.map((one) => one.label)
  const last = steps[steps.length - 1] as Step
  const captured = names.length > 1 ? `\n    captured as: ${names.join(' → ')}` : ''
  const text = `The function ${names[first]} cannot be sent to another process: ${subject(last, steps[first] as Step)} ${reason}. ${advice}`
  return new FunctionUnsendableError(text + captured, names)
}

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof FunctionUnsendableError || error instanceof ValueUnsendableError
}

export function pathOf(error: Refusal): string[] {
  return typeof error.path === 'string' ? [error.path] : [...error.path]
}

function subject(last: Step, fn: Step): string {
  if (last === fn) return 'it'
  if (last.kind === 'function') return `${last.label}, which it uses,`
  return last.up === fn && last.kind === 'variable' ? `its variable \`${last.label}\`` : `\`${last.label}\``
}

function pathPart({ kind, label }: Step): string {
  if (kind === 'root') return label
  if (kind !== 'property') return ` → ${label}`
  if (label.startsWith('[')) return label
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(label) ? `.${label}` : `[${JSON.stringify(label)}]`
}
