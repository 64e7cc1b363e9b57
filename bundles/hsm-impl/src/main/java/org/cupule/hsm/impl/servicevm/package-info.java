/**
 * Control of the host side's processors. See {@code docs/topic/servicevm.md}.
 */
@NullMarked
package org.cupule.hsm.impl.servicevm;

import org.jspecify.annotations.NullMarked;
