import { textOf } from '../base/thrown-text.ts'
import type { TaskPlace } from '../worker/task-scope.ts'
import type { FunctionTable } from './functions.ts'

/** Warns of something that failed in a worker outside of its tasks, and of which task it was left behind by, if known. */
export function warnOfProblem(
  functions: FunctionTable,
  worker: string,
  reason: unknown,
  from: TaskPlace | undefined,
): void {
  const what = from === undefined ? `Outside of its tasks, worker ${worker}` : describe(from, functions, worker)
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : textOf(reason)
  process.emitWarning(`${what} failed: ${text}`, 'ManycoreWarning')
}

function describe({ task, index, fn }: TaskPlace, functions: FunctionTable, worker: string): string {
  const item = index === undefined ? 'Task' : `Item ${index} of task`
  return `${item} ${task}, ${functions.nameOf(fn)}(), left something behind in worker ${worker} that`
}
