/**
 * The x86-64 processor: an interpreter over decoded basic blocks.
 *
 * <pre>
 *  InterpretedCpu      the model: run, exits, state            Registers   what the guest can see, flags lazily
 *    Interpreter       the loop over blocks and hot operations  Mmu         linear to RAM: paging, TLB, loads, stores
 *    BlockCache        decoded blocks by physical address       Decoder     bytes to operations
 *    families          IntegerOps StackOps StringOps SystemOps ...: what an operation does
 *    Events            exceptions and interrupts into the guest
 * </pre>
 *
 * <p>
 * Source of all behaviour: Intel 64 and IA-32 Architectures Software Developer's Manual (SDM).
 */
@NullMarked
package org.cupule.hw.cpu;

import org.jspecify.annotations.NullMarked;
