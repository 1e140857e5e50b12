export type { BackendName, KillOptions, ResourceLimits } from './backend/backend.ts'
export { cpuCount } from './base/cpu-count.ts'
export * from './base/errors.ts'
export type { WaitOptions } from './base/wait.ts'
export { registerType, type TypeOptions } from './codec/registry.ts'
export { move } from './codec/move.ts'
export { shareContext } from './codec/shared-context.ts'
export {
  activeChildren,
  currentProcess,
  parentProcess,
  type CurrentProcess,
  type ParentProcess,
} from './process/current.ts'
export type { ProcessExit } from './process/exit.ts'
export type { ProcessOptions, ProcessSettings, TerminateOptions } from './process/options.ts'
export { Process } from './process/process.ts'
export { Thread, type ThreadOptions } from './process/thread.ts'
export {
  getAllStartMethods,
  getContext,
  getStartMethod,
  setExecutable,
  setStartMethod,
  type Context,
  type StartMethod,
} from './context/start-method.ts'
export { asCompleted, wait } from './process/wait.ts'
export type { WaitModeOptions, WaitResult } from './process/wait-mode.ts'
export type { RetryOptions } from './pool/retries.ts'
export { currentWorker, type CurrentWorker, type WorkerStateOf } from './worker/current-worker.ts'
export type { ApplyOptions, MapOptions, PoolOptions, StreamOptions, TaskOptions } from './pool/options.ts'
export { Pool } from './pool/pool.ts'
export type { PoolSize } from './pool/size.ts'
export type { HistogramStats } from './pool/histogram.ts'
export type { Progress } from './pool/progress.ts'
export type { PlaceInsights, PoolInsights } from './pool/insights.ts'
export type { PhaseTimes } from './pool/phases.ts'
export type { SlowTask } from './pool/slowest.ts'
export type { PoolStats, WorkerStats } from './pool/stats.ts'
export type { WorkerUsage } from './worker/usage.ts'
export { ThreadPool, type ThreadPoolOptions } from './pool/thread-pool.ts'
export { ResultStream } from './pool/stream.ts'
export { zip } from './pool/zip.ts'
export { Task, type TaskState, type TaskTiming } from './pool/task.ts'
export { getLogger, Logger, type LogLevel, type LogRecord } from './worker/logger.ts'
export { currentTask, type CurrentTask } from './worker/task-context.ts'
