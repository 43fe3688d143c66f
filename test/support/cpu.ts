/** How much work something is, in milliseconds of processor time: unlike the clock's, they do not grow when the machine is busy. */

export function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
