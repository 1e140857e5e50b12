export { cpuCount } from './base/cpu-count.ts'
export * from './base/errors.ts'
export type { WaitOptions } from './base/wait.ts'
export { currentProcess, parentProcess, type CurrentProcess, type ParentProcess } from './process/current.ts'
