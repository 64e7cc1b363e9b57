/**
 * Saving a VM that stands still, and restoring it. See {@code docs/topic/snapshot.md}.
 */
@NullMarked
package org.cupule.hsm.impl.snapshot;

import org.jspecify.annotations.NullMarked;
