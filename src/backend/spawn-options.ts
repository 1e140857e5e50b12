import { currentFolder, startFolder } from '../base/start-folder.ts'
import { processEntryPath } from './entry-url.ts'
import { childExecPath } from './executable.ts'
import type { SpawnOptions } from './backend.ts'

/** What a worker process is started with. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string | undefined
  /** The folder that it goes to before its first task. */
  readonly folder: string | undefined
}

/**
 * Everything of this process that a worker must have too: flags, loaders, environment, arguments. What the flags name is
 * found from the folder in which this process was started, so a worker with flags begins there and goes to its own.
 */
export function commandFor(options: Omit<SpawnOptions, 'identity'>): Command {
  const flags = options.execArgv ?? inheritedFlags(process.execArgv)
  const env = inheritedEnv(process.env, options.env)
  const start = startFolder()
  const here = currentFolder()
  const { cwd } = options
  const folder = cwd ?? (here === start ? undefined : here)
  const hasFlags = flags.length > 0 || (env['NODE_OPTIONS'] ?? '') !== ''
  const command = {
    file: options.execPath ?? childExecPath(),
    args: [...flags, processEntryPath(), ...process.argv.slice(2)],
    env,
  }
  if (folder === undefined || start === undefined || !hasFlags) return { ...command, cwd, folder: undefined }
  return { ...command, cwd: start, folder }
}

/** Whether a flag makes Node do something else than run the worker. */
export function leadsElsewhere(flag: string): boolean {
  return ELSEWHERE.test(nameOf(flag))
}

/** For a worker that gets changes to this process's environment: removes what is only meant for this process. */
export function privateVariables(): NodeJS.ProcessEnv {
  return Object.fromEntries(PRIVATE_VARIABLES.map((name) => [name, undefined]))
}

/**
 * The flags of this process that make sense for a worker. What says which program to run, how to test, watch or print
 * is left out; a debugger gets a free port in each worker.
 */
export function inheritedFlags(flags: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at < flags.length; at++) {
    const flag = flags[at] as string
    const name = nameOf(flag)
    const next = flags[at + 1]
    const hasOwnValue = !flag.includes('=') && next !== undefined && !next.startsWith('-')
    if (isDropped(name)) {
      if (hasOwnValue && DROPPED_WITH_VALUE.test(name)) at++
    } else if (INSPECT.test(name)) {
      kept.push(movedInspector(flag))
    } else {
      kept.push(flag)
    }
  }
  return kept
}

/** This process's environment with `changes` over it, where `undefined` removes; without what is only meant for this process. */
export function inheritedEnv(own: NodeJS.ProcessEnv, changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...own }
  for (const name of PRIVATE_VARIABLES) delete env[name]
  const options = env['NODE_OPTIONS']
  if (options !== undefined && /--inspect|--watch|--test/.test(options)) {
    env['NODE_OPTIONS'] = inheritedFlags(splitOptions(options)).join(' ')
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete env[name]
    else env[name] = value
  }
  return env
}

const DROPPED =
  /^(-e|--eval|-p|--print|-pe|-c|--check|-i|--interactive|-v|--version|-h|--help|--run|--input-type|--entry-url|--env-file|--env-file-if-exists|--build-snapshot|--build-snapshot-config|--snapshot-blob|--build-sea|--experimental-sea-config|--inspect-port|--debug-port)$/
const ELSEWHERE =
  /^(-e|--eval|-p|--print|-pe|-c|--check|-v|--version|-h|--help|--v8-options|--run|--test|--watch|--build-snapshot|--build-sea)$/
const DROPPED_FAMILIES = /^(--test|--watch|--experimental-test)(-|$)/
const DROPPED_WITH_VALUE =
  /^(-e|--eval|-p|--print|-pe|--run|--input-type|--env-file|--env-file-if-exists|--build-snapshot-config|--snapshot-blob|--build-sea|--experimental-sea-config|--inspect-port|--debug-port|--test-(name-pattern|skip-pattern|reporter|reporter-destination|shard|concurrency|timeout|isolation|global-setup|rerun-failures|random-seed|coverage-[a-z-]+)|--watch-(path|kill-signal))$/
const INSPECT = /^--inspect(-brk|-wait)?$/

// The test runner and the watcher tell their own children with these what to report and to whom.
const PRIVATE_VARIABLES = [
  'NODE_TEST_CONTEXT',
  'NODE_TEST_WORKER_ID',
  'WATCH_REPORT_DEPENDENCIES',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_UNIQUE_ID',
]

function nameOf(flag: string): string {
  const equals = flag.indexOf('=')
  return equals < 0 ? flag : flag.slice(0, equals)
}

function isDropped(name: string): boolean {
  return DROPPED.test(name) || DROPPED_FAMILIES.test(name)
}

// Port 0 is any free one. A worker never waits for its debugger: nobody would know that it does.
function movedInspector(flag: string): string {
  const host = /=(.+):\d*$/.exec(flag)?.[1]
  return host === undefined ? '--inspect=0' : `--inspect=${host}:0`
}

/** As Node splits NODE_OPTIONS: at spaces, but not within double quotes; the quotes are kept. */
function splitOptions(text: string): string[] {
  return text.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? []
}
