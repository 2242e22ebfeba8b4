/**
 * Files that are there whole or not at all, whenever the process or the machine stops: written beside the directory
 * (`<directory>.tmp`), flushed, renamed into place, and the folder's entry flushed.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AssayError } from '../core/errors.ts';

export interface FilesOptions {
  /** Called before every change of the disk with what it will be; a test that throws or kills here is a crash at that point. */
  readonly beforeStep?: (step: string) => void;
}

/** Reads and writes below one directory; paths are relative, with forward slashes. */
export class Files {
  readonly root: string;
  readonly #beforeStep: (step: string) => void;
  #temporaries = 0;

  constructor(root: string, { beforeStep }: FilesOptions = {}) {
    this.root = root;
    this.#beforeStep = beforeStep ?? (() => {});
  }

  /** The file's bytes; undefined when there is none. */
  read(path: string): Buffer | undefined {
    try {
      return readFileSync(join(this.root, path));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Puts a file in place atomically and durably, over one that is there. @throws ASSAY_DISK_FULL */
  write(path: string, bytes: Uint8Array): void {
    const target = join(this.root, path);
    const folder = `${this.root}.tmp`;
    const temporary = join(folder, `${process.pid}-${(this.#temporaries += 1)}-${process.hrtime.bigint()}`);
    try {
      this.#beforeStep(`create ${path}`);
      mkdirSync(folder, { recursive: true });
      const file = openSync(temporary, 'wx');
      try {
        writeFileSync(file, bytes);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      this.#beforeStep(`mkdir ${path}`);
      const made = mkdirSync(dirname(target), { recursive: true });
      this.#beforeStep(`rename ${path}`);
      renameSync(temporary, target);
      for (const parent of foldersUpTo(dirname(target), made === undefined ? dirname(target) : dirname(made)))
        flushFolder(parent);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw diskFull(error, target) ?? error;
    }
  }

  /** Removes a file that is there. */
  remove(path: string): void {
    this.#beforeStep(`remove ${path}`);
    rmSync(join(this.root, path), { force: true });
    flushFolder(dirname(join(this.root, path)));
  }

  /** Names in a folder, sorted; none when there is no folder. */
  list(folder: string): string[] {
    try {
      return readdirSync(join(this.root, folder)).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** Every entry below the directory that is no folder, sorted; `plain` is false for links, sockets and the like. */
  walk(): { path: string; plain: boolean }[] {
    return readdirSync(this.root, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => {
        const folder = entry.parentPath.slice(this.root.length + 1).replaceAll('\\', '/');
        return { path: folder === '' ? entry.name : `${folder}/${entry.name}`, plain: entry.isFile() };
      })
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Removes temporary files whose process is gone. */
  sweep(): void {
    for (const name of readdirOrNone(`${this.root}.tmp`)) {
      const pid = Number(name.split('-')[0]);
      if (!isAlive(pid)) rmSync(join(`${this.root}.tmp`, name), { force: true });
    }
  }
}

/** `ASSAY_DISK_FULL` for an error that says so: no space, no quota, or a limit on file size. */
export function diskFull(error: unknown, path: string): AssayError | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
    ? new AssayError('ASSAY_DISK_FULL', { path }, { cause: error })
    : undefined;
}

function foldersUpTo(folder: string, top: string): string[] {
  return folder === top || dirname(folder) === folder ? [folder] : [folder, ...foldersUpTo(dirname(folder), top)];
}

function flushFolder(path: string): void {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function readdirOrNone(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
