/**
 * The C library of Linux behind {@code org.cupule.host}, by the JDK's foreign function interface. See
 * {@code docs/topic/host.md}.
 */
@NullMarked
package org.cupule.host.linux;

import org.jspecify.annotations.NullMarked;
