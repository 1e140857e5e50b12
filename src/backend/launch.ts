import { statSync } from 'node:fs'
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { SpawnOptions } from './backend.ts'
import { descriptorShortage } from './descriptor-shortage.ts'
import { describeSpawnError } from './exit.ts'
import type { Launched, LaunchFailure } from './launched.ts'
import { isFolder, likelyCode, missingInterpreter } from './program.ts'
import { commandFor } from './spawn-options.ts'

/** What of a worker's options concerns its process. */
export type LaunchOptions = Omit<SpawnOptions, 'identity' | 'begun'>

/**
 * Starts a process with an extra socketpair, which is its channel, at descriptor 3, and `journalFd` at 4. Never throws;
 * when it fails nothing is left open.
 *
 * The process leads a session of its own (`detached`). So the terminal's Ctrl-C and hang-up reach the owner only, which
 * decides about its workers (ignoring SIGINT in each worker would not hold while it starts, and not for what it
 * starts); and it leads a process group, so what it starts can be ended along with it. That it ends with its
 * owner is the work of the channel's end, of the exit hook and of the reaper.
 */
export function launch(options: LaunchOptions, journalFd: number | undefined): Launched | LaunchFailure {
  const shortage = descriptorShortage()
  if (shortage !== undefined) return known(failure(shortage, process.execPath, options.cwd))
  const { spawn } = process.getBuiltinModule('node:child_process')
  let child: ChildProcess
  let file = options.execPath ?? process.execPath
  let folder: string | undefined
  let searched: string | undefined
  try {
    const command = commandFor(options)
    file = command.file
    folder = command.folder
    searched = command.env['PATH']
    // Only the worker will enter it.
    if (folder !== undefined) statSync(`${folder}/.`)
    child = spawn(file, command.args, {
      cwd: command.cwd,
      env: command.env,
      detached: true,
      windowsHide: true,
      stdio: ['ignore', options.stdio === 'ignore' ? 'ignore' : 'pipe', 'pipe', 'pipe', journalFd ?? 'ignore'],
    })
  } catch (error) {
    return known(failure(error, file, options.cwd))
  }
  const [, stdout, stderr, socket] = (child.stdio ?? []) as unknown as (Socket | null | undefined)[]
  if (child.pid !== undefined && socket && stderr) {
    child.on('error', ignore)
    return { child, pid: child.pid, socket, stdout: stdout ?? undefined, stderr, folder }
  }
  for (const stream of child.stdio ?? []) stream?.destroy()
  const reason = new Promise<{ text: string; cause: unknown }>((resolve) => {
    child.once('error', (error) => resolve(failure(error, file, options.cwd)))
  })
  return { reason, text: failure({ code: likelyCode(file, searched, options.cwd) }, file, options.cwd).text }
}

function known(reason: { readonly text: string; readonly cause: unknown }): LaunchFailure {
  return { reason: Promise.resolve(reason), text: reason.text }
}

function failure(error: unknown, file: string, cwd: string | undefined): { text: string; cause: unknown } {
  const hasFolder = cwd === undefined || isFolder(cwd)
  const interpreter = missingInterpreter(file)
  const program = interpreter === undefined ? file : `${interpreter} (which ${file} is run by)`
  return { text: describeSpawnError(error as NodeJS.ErrnoException, program, cwd, hasFolder), cause: error }
}

function ignore(): void {}
