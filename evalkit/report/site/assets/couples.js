"use strict";
// Couples of methods as they were found when the site was made; kept one way round, read both ways.
evalkit.APART = 0.05;

/** [a minus b, low, high, p, clips, why there is no test] of a metric's table; null without clips in common. */
evalkit.couple = (table, a, b) => {
  if (table[`${a},${b}`]) return table[`${a},${b}`];
  const found = table[`${b},${a}`];
  if (!found) return null;
  const [mean, low, high, ...rest] = found;
  return [-mean, high === null ? null : -high, low === null ? null : -low, ...rest];
};
