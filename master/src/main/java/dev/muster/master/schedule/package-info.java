/**
 * When cron schedules are due: an expression and a time zone come in, points of time go out. Pure
 * but for the time zones' rules, which change from release to release: so only a leader asks, and
 * the log has the answers.
 */
@NullMarked
package dev.muster.master.schedule;

import org.jspecify.annotations.NullMarked;
