package org.cupule.hardware;

import org.cupule.ram.MemoryType;

/**
 * The result of {@link Ept#walk}: a flyweight that the caller owns.
 *
 * <pre>
 * qualification    5   4   3    2   1   0
 *                +---+---+---+---+---+---+
 *                | X | W | R | x | w | r |     2:0 the access made, 5:3 the rights of the page (0 = not mapped)
 *                +---+---+---+---+---+---+
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "Exit Qualification for EPT Violations".
 *
 * @threading confined to its owner
 */
public final class EptWalk {
    /** Host physical address of the very byte asked for. */
    public long hpa;
    /**
     * Size of the page that maps it: 4 KiB, 2 MiB or 1 GiB. The aligned block of this size around the address is mapped
     * alike: host addresses follow each other, rights and type are equal.
     */
    public long pageBytes;
    /** Rights of the page. */
    public int access;
    /** Memory type of the page. */
    public MemoryType type = MemoryType.UC;
    /** Why it was refused, as drawn above. */
    public int qualification;
}
