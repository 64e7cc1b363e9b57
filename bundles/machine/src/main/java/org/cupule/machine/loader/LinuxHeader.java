package org.cupule.machine.loader;

/**
 * The setup header of a bzImage: "The Linux/x86 Boot Protocol", section "The Real-Mode Kernel Header". A field that the
 * image's version of the protocol does not have yet reads as the default that the protocol gives it.
 *
 * <pre>
 *  1F1 setup_sects   1F4 syssize      1FE 0xAA55          201 length        202 "HdrS"       206 version
 *  210 loader        211 loadflags    214 code32_start    218 ramdisk_image 21C ramdisk_size
 *  224 heap_end_ptr  228 cmd_line_ptr 22C initrd_addr_max 230 alignment     234 relocatable
 *  236 xloadflags    238 cmdline_size 258 pref_address    260 init_size
 * </pre>
 *
 * @param version
 *            of the protocol: 0x020C is 2.12
 * @param endOffset
 *            of the header in the file
 * @param kernelOffset
 *            where the protected-mode kernel begins in the file
 * @param code32Start
 *            32-bit entry, for a kernel that is loaded at 1 MiB
 * @param initrdMost
 *            highest address that the initial RAM disk may occupy
 * @param relocatable
 *            whether the kernel runs where it is loaded
 * @param alignment
 *            of the place of a relocatable kernel
 * @param commandLineMost
 *            most characters of the command line
 * @param preferred
 *            where the kernel likes to run
 * @param initBytes
 *            contiguous memory that it needs there, before it has looked at the memory map
 * @threading immutable
 */
record LinuxHeader(int version, int endOffset, int kernelOffset, long code32Start, long initrdMost, boolean relocatable,
        long alignment, long commandLineMost, long preferred, long initBytes) {
    /** Where the header begins, in the file and in the zero page. */
    static final int OFFSET = 0x1F1;
    /** Where the zero page has no more room for the header: its EDD buffer begins. */
    static final int ROOM_END = 0x290;
    /** Where a kernel that is not relocatable is loaded. */
    static final long STANDARD_PLACE = 0x10_0000;
    private static final long SIGNATURE = 0x5372_6448L;
    private static final int BOOT_FLAG = 0xAA55;
    private static final int SECTOR = 512;
    private static final int STANDARD_SECTORS = 4;
    private static final int LOADED_HIGH = 1;
    private static final long STANDARD_INITRD_MOST = 0x37FF_FFFFL;

    /** {@return whether there is a header} */
    static boolean in(ImageBytes image) {
        return image.has(0, 0x268) && image.u16(0x1FE) == BOOT_FLAG && image.u32(0x202) == SIGNATURE;
    }

    /**
     * Reads the header.
     *
     * @throws org.cupule.types.HsmException
     *             EINVAL for one that is wrong
     */
    static LinuxHeader of(ImageBytes image) {
        if (!in(image)) {
            throw image.bad("it has no Linux boot header: 0xAA55 at 0x1FE and 'HdrS' at 0x202");
        }
        int version = image.u16(0x206);
        if (version < 0x200) {
            throw image.bad("its boot protocol %d.%02d is too old; 2.00 is the oldest that is known", version >> 8,
                    version & 0xFF);
        }
        if ((image.u8(0x211) & LOADED_HIGH) == 0) {
            throw image.bad("it is a zImage, which is loaded below 1 MiB; make it a bzImage");
        }
        int sectors = image.u8(OFFSET) == 0 ? STANDARD_SECTORS : image.u8(OFFSET);
        boolean relocatable = version >= 0x205 && image.u8(0x234) != 0;
        return new LinuxHeader(version, Math.min(0x202 + image.u8(0x201), ROOM_END), (sectors + 1) * SECTOR,
                image.u32(0x214), version >= 0x203 ? image.u32(0x22C) : STANDARD_INITRD_MOST, relocatable,
                relocatable ? image.u32(0x230) : 1, version >= 0x206 ? image.u32(0x238) : 255,
                version >= 0x20A ? image.u64(0x258) : STANDARD_PLACE, version >= 0x20A ? image.u32(0x260) : 0)
                .checked(image);
    }

    private LinuxHeader checked(ImageBytes image) {
        // The length in the header is in paragraphs, rounded up; before 2.04 only its lower half was meant.
        long least = version >= 0x204 ? image.u32(0x1F4) * 16 - 15 : 1;
        if (!image.has(kernelOffset, Math.max(least, 1))) {
            throw image.bad("it is truncated: its kernel of about %d bytes begins at offset 0x%x, and it has %d", least,
                    kernelOffset, image.length());
        }
        if (Long.bitCount(alignment) != 1) {
            throw image.bad("its kernel alignment 0x%x is no power of two", alignment);
        }
        if (preferred < STANDARD_PLACE || preferred >= 1L << 32) {
            throw image.bad("its preferred address 0x%x does not lie between 1 MiB and 4 GiB", preferred);
        }
        return this;
    }
}
