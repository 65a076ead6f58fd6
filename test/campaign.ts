/**
 * How long a campaign runs. A file `x.campaign.ts` is an ordinary test file that repeats one experiment many times,
 * each time with another seed. `npm test` runs a sample of the repetitions, `npm run campaign` all of them.
 */

/** Number of repetitions to run now: `sample` within `npm test`, `whole` in a campaign. */
export function campaignSize(sample: number, whole: number): number {
  return process.env['DST_CAMPAIGN'] === '1' ? whole : sample;
}
