/* Configuration cycles through 0xCF8 and 0xCFC, with sizes other than 4 bytes now and then. */
#include "demo.h"

#define ADDRESS 0xCF8
#define DATA 0xCFC
#define ENABLE 0x80000000u
#define COMMAND 0x04
#define CLASS 0x08
#define HEADER 0x0C
#define BAR0 0x10
#define CAPABILITIES 0x34
#define STATUS_LIST 0x00100000u
#define MULTIFUNCTION 0x00800000u

u32 pci_read(u32 function, u32 offset) {
    out32(ADDRESS, ENABLE | function << 8 | (offset & 0xFC));
    return in32(DATA);
}

void pci_write(u32 function, u32 offset, u32 value) {
    out32(ADDRESS, ENABLE | function << 8 | (offset & 0xFC));
    out32(DATA, value);
}

u32 pci_find(u32 id) {
    for (u32 device = 0; device < 32; device++) {
        u32 functions = pci_read(device << 3, HEADER) & MULTIFUNCTION ? 8 : 1;
        for (u32 function = 0; function < functions; function++) {
            if (pci_read(device << 3 | function, 0) == id) {
                return device << 3 | function;
            }
        }
    }
    return PCI_NONE;
}

u32 pci_capability(u32 function, u32 id) {
    if ((pci_read(function, COMMAND) & STATUS_LIST) == 0) {
        return 0;
    }
    u32 at = pci_read(function, CAPABILITIES) & 0xFC;
    for (u32 tries = 0; at && tries < 48; tries++) {
        u32 header = pci_read(function, at);
        if ((header & 0xFF) == id) {
            return at;
        }
        at = header >> 8 & 0xFC;
    }
    return 0;
}

u32 pci_bar_bytes(u32 function, u32 bar) {
    u32 at = BAR0 + 4 * bar;
    u32 was = pci_read(function, at);
    pci_write(function, at, 0xFFFFFFFF);
    u32 mask = pci_read(function, at);
    pci_write(function, at, was);
    mask &= mask & 1 ? ~3u : ~15u;
    return mask & 0xFFFF0000u ? ~mask + 1 : mask ? (~mask & 0xFFFF) + 1 : 0;
}
