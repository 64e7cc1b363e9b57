/**
 * A PCI function that hashes guest memory.
 */
@NullMarked
package org.cupule.examples.accelerator;

import org.jspecify.annotations.NullMarked;
