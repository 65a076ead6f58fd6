/** What the system lets the process have open: each connection is a file to it. */

/** Most files and sockets that the process may have open at a time; Infinity where the system sets or tells no limit. */
export function mostOpenFiles(): number {
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const { excludeNetwork = false } = report;
  report.excludeNetwork = true; // or it looks up the name of each host that is connected
  const { userLimits } = report.getReport() as { userLimits?: { open_files: { soft: number | 'unlimited' } } };
  report.excludeNetwork = excludeNetwork;
  return Number(userLimits?.open_files.soft) || Number.POSITIVE_INFINITY;
}
