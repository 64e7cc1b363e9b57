/**
 * The contract of PCI buses.
 */
@NullMarked
package org.cupule.tck.pci;

import org.jspecify.annotations.NullMarked;
