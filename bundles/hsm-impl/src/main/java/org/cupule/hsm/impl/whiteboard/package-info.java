/**
 * Clients of I/O requests that attach themselves. See {@code docs/topic/ioreq.md}.
 */
@NullMarked
package org.cupule.hsm.impl.whiteboard;

import org.jspecify.annotations.NullMarked;
