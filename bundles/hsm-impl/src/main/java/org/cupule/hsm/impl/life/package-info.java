/**
 * Whether a VM is still there.
 */
@NullMarked
package org.cupule.hsm.impl.life;

import org.jspecify.annotations.NullMarked;
