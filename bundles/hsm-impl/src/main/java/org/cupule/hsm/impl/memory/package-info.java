/**
 * Guest memory: backings, mappings, and access for loaders and DMA. See {@code docs/topic/memory.md}.
 */
@NullMarked
package org.cupule.hsm.impl.memory;

import org.jspecify.annotations.NullMarked;
