/**
 * Conventional PCI buses. Source: PCI Local Bus Specification, revision 3.0, chapter 6 "Configuration Space".
 */
@NullMarked
package org.cupule.hw.pci;

import org.jspecify.annotations.NullMarked;
