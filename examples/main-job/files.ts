import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'

/** Something about one path that kept it out of the job, as one line. */
export interface Problem {
  readonly path: string
  readonly what: string
}

export interface Found {
  readonly files: string[]
  readonly problems: Problem[]
  /** Symbolic links to files and folders; what they lead to is counted where it stands. */
  links: number
}

/** Every regular file below the folder, in the order of their names. */
export function findFiles(folder: string): Found {
  const found: Found = { files: [], problems: [], links: 0 }
  try {
    if (!statSync(folder).isDirectory()) found.problems.push({ path: folder, what: 'is no folder' })
    else walk(realpathSync(folder), found)
  } catch (error) {
    found.problems.push({ path: folder, what: explain(error) })
  }
  return found
}

/** Reads each file once, so that the first run does not pay for the disk and the second one finds it all in memory. */
export function warm(files: readonly string[], largest: number): void {
  for (const file of files) {
    try {
      if (statSync(file).size <= largest) readFileSync(file)
    } catch {
      // The job itself will tell.
    }
  }
}

/** An error of the file system in plain words. */
export function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'does not exist (any more)'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user'
  if (code === 'ELOOP') return 'is a symbolic link that leads to itself'
  if (code === 'ENAMETOOLONG') return 'has a path that is too long'
  return `cannot be read: ${message}`
}

/** A path on one line, whatever is in it. */
export function showPath(path: string): string {
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(path) ? JSON.stringify(path) : path
}

function walk(folder: string, found: Found): void {
  let names: string[]
  try {
    names = readdirSync(folder).sort()
  } catch (error) {
    found.problems.push({ path: folder, what: explain(error) })
    return
  }
  for (const name of names) {
    const path = join(folder, name)
    if (name.includes('\ufffd')) found.problems.push({ path, what: 'has a name that is not valid UTF-8' })
    else visit(path, found)
  }
}

function visit(path: string, found: Found): void {
  try {
    const entry = lstatSync(path)
    if (entry.isDirectory()) walk(path, found)
    else if (entry.isFile()) found.files.push(path)
    else if (entry.isSymbolicLink()) visitLink(path, found)
    else found.problems.push({ path, what: 'is neither a file nor a folder' })
  } catch (error) {
    found.problems.push({ path, what: explain(error) })
  }
}

function visitLink(path: string, found: Found): void {
  const target = realpathSync(path)
  if (path.startsWith(target + sep)) found.problems.push({ path, what: `leads back to ${showPath(target)}` })
  else found.links++
}
