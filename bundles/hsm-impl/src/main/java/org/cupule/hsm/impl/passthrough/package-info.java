/**
 * Devices of the host in a VM. See {@code docs/topic/passthrough.md}.
 */
@NullMarked
package org.cupule.hsm.impl.passthrough;

import org.jspecify.annotations.NullMarked;
