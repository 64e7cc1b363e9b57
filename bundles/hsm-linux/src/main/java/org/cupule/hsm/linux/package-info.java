/**
 * A stock Linux for everybody: fetches a kernel and busybox, makes the initial RAM disk, and has it booted by
 * {@code cupule run}. See {@code docs/topic/linux.md}.
 */
@NullMarked
package org.cupule.hsm.linux;

import org.jspecify.annotations.NullMarked;
