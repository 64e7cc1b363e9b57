/**
 * The host operating system, where there is one. See {@code docs/topic/host.md}.
 */
@NullMarked
package org.cupule.hsm.impl.host;

import org.jspecify.annotations.NullMarked;
