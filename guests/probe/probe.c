/*
 * probe: a guest that drives one device by hand, for who writes that device.
 *
 *   probe: memory fedc0000, 4096 bytes, irq 5
 *   probe> r 4                a register of 4 bytes (ports: 1 byte); r 4 2 reads 2 bytes
 *   4: 0000002a 42
 *   probe> w 4 0x2b           r and w take decimal numbers, and hexadecimal ones with 0x
 *   probe> i                  how long the guest runs, what it has done
 *   up 12 s, reads 1, writes 1, interrupts 1
 *   probe> q                  switches the machine off
 *
 * The command line says where the device is: memory=ADDRESS or port=NUMBER or pci=VENDOR and id=DEVICE, length=BYTES, irq=GSI, all
 * decimal. A PCI device is found by its ids; its first base address register is used, and one MSI message where it has
 * that capability. Interrupts by a line are taken as edges, so that a line that nobody lowers does not drown the guest.
 */
#include "runtime.h"

#define RBR (COM1 + 0)
#define IER (COM1 + 1)
#define LSR (COM1 + 5)
#define LSR_DR 0x01
#define IOAPIC 0xFEC00000ul
#define VECTOR_DEVICE 0x50
#define VECTOR_SERIAL 0x60
#define SERIAL_GSI 4
#define NOWHERE 0xFFFFFFFFu
#define GSIS 24
#define PCI_COMMAND 0x04
#define PCI_BAR0 0x10
#define PCI_CAPABILITIES 0x34
#define PCI_INTERRUPT 0x3C
#define MSI 0x05
#define MOST_LETTERS 60

static enum { MEMORY, PORTS } space;
static u64 base;
static u32 length, width, reads, writes, told;
static volatile u32 interrupts;
static u64 hertz, began;
static char line[MOST_LETTERS + 1];
static u32 letters;

/* ---- the device's registers ---- */
static u64 load(u32 offset, u32 size) {
    u16 port = (u16)(base + offset);
    u64 at = base + offset;
    reads++;
    if (space == PORTS) {
        return size == 1 ? in8(port) : size == 2 ? in16(port) : in32(port);
    }
    switch (size) {
    case 1: return *(volatile u8 *)at;
    case 2: return *(volatile u16 *)at;
    case 4: return load32(at);
    default: return load64(at);
    }
}

static void store(u32 offset, u32 size, u64 value) {
    u16 port = (u16)(base + offset);
    u64 at = base + offset;
    writes++;
    if (space == PORTS) {
        size == 1 ? out8(port, (u8)value) : size == 2 ? out16(port, (u16)value) : out32(port, (u32)value);
        return;
    }
    switch (size) {
    case 1: *(volatile u8 *)at = (u8)value; break;
    case 2: *(volatile u16 *)at = (u16)value; break;
    case 4: store32(at, (u32)value); break;
    default: store64(at, value);
    }
}

/* ---- PCI ---- */
static u32 pci_read(u32 function, u32 offset) {
    out32(0xCF8, 0x80000000u | function << 8 | (offset & 0xFC));
    return in32(0xCFC);
}

static void pci_write(u32 function, u32 offset, u32 value) {
    out32(0xCF8, 0x80000000u | function << 8 | (offset & 0xFC));
    out32(0xCFC, value);
}

static u32 pci_find(u32 id) {
    for (u32 function = 0; function < 256; function++) {
        if (pci_read(function, 0) == id) {
            return function;
        }
    }
    return NOWHERE;
}

static u32 pci_capability(u32 function, u32 id) {
    if ((pci_read(function, PCI_COMMAND) >> 16 & 0x10) == 0) {
        return 0;
    }
    u32 at = pci_read(function, PCI_CAPABILITIES) & 0xFC;
    for (u32 tries = 0; at && tries < 48; tries++) {
        u32 header = pci_read(function, at);
        if ((header & 0xFF) == id) {
            return at;
        }
        at = header >> 8 & 0xFC;
    }
    return 0;
}

/* One message, to this processor. */
static int pci_msi(u32 function) {
    u32 at = pci_capability(function, MSI);
    if (at == 0) {
        return 0;
    }
    u32 control = pci_read(function, at) >> 16;
    u32 wide = control & 0x80;
    pci_write(function, at + 4, 0xFEE00000u | apic_id() << 12);
    if (wide) {
        pci_write(function, at + 8, 0);
    }
    pci_write(function, at + (wide ? 12 : 8), VECTOR_DEVICE);
    pci_write(function, at, (control & ~0x70u) << 16 | 1u << 16);
    return 1;
}

/* ---- interrupts by a line ---- */
static void ioapic_write(u32 index, u32 value) {
    store32(IOAPIC, index);
    store32(IOAPIC + 0x10, value);
}

static void connect(u32 gsi, u32 vector) {
    if (gsi < GSIS) {
        ioapic_write(0x10 + 2 * gsi + 1, apic_id() << 24);
        ioapic_write(0x10 + 2 * gsi, vector); /* edge, active high */
    }
}

void interrupt(struct frame *frame) {
    if (frame->vector == VECTOR_DEVICE) {
        interrupts++;
    } else if (frame->vector != VECTOR_SERIAL) {
        dump("unexpected interrupt", frame);
        leave(0x21);
    }
    apic_write(APIC_EOI, 0);
}

/* ---- where it is ---- */
static int find_pci(u32 vendor) {
    u32 function = pci_find(vendor | option("id", 0) << 16);
    if (function == NOWHERE) {
        print("probe: there is no PCI device %x:%x\n", vendor, option("id", 0));
        return 0;
    }
    u32 bar = pci_read(function, PCI_BAR0);
    space = bar & 1 ? PORTS : MEMORY;
    base = bar & (bar & 1 ? ~3u : ~15u);
    if (space == MEMORY && (bar & 6) == 4) {
        base |= (u64)pci_read(function, PCI_BAR0 + 4) << 32;
    }
    pci_write(function, PCI_COMMAND, (pci_read(function, PCI_COMMAND) & 0xFFFF) | 7);
    int messages = pci_msi(function);
    u32 gsi = pci_read(function, PCI_INTERRUPT) & 0xFF;
    if (!messages) {
        connect(gsi, VECTOR_DEVICE);
    }
    print("probe: pci 0:%x.%u, %s %lx, %u bytes, ", function >> 3, function & 7, space == PORTS ? "ports" : "memory",
          base, length);
    print(messages ? "msi\n" : "irq %u\n", gsi);
    return 1;
}

static int find(void) {
    u32 vendor = option("pci", NOWHERE), port = option("port", NOWHERE), gsi = option("irq", NOWHERE);
    length = option("length", 0);
    if (vendor != NOWHERE) {
        return find_pci(vendor);
    }
    space = port != NOWHERE ? PORTS : MEMORY;
    base = port != NOWHERE ? port : option("memory", NOWHERE);
    if (base == NOWHERE || length == 0) {
        print("probe: nothing says where the device is (memory=, port= or pci=, and length=)\n");
        return 0;
    }
    connect(gsi, VECTOR_DEVICE);
    print("probe: %s %lx, %u bytes", space == PORTS ? "ports" : "memory", base, length);
    print(gsi == NOWHERE ? "\n" : ", irq %u\n", gsi);
    return 1;
}

/* ---- the commands ---- */
/* Takes a number from the text; gives 0 when there is none. */
static int number(const char **text, u64 *value) {
    const char *at = *text;
    u32 radix = 10;
    while (*at == ' ') {
        at++;
    }
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
        radix = 16;
        at += 2;
    }
    const char *first = at;
    for (*value = 0;; at++) {
        u32 digit = *at >= '0' && *at <= '9' ? (u32)(*at - '0') : (*at | 32) >= 'a' && (*at | 32) <= 'f' ? (u32)((*at | 32) - 'a' + 10) : 99;
        if (digit >= radix) {
            break;
        }
        *value = *value * radix + digit;
    }
    *text = at;
    return at != first;
}

static int fits(u64 offset, u64 size) {
    if ((size != 1 && size != 2 && size != 4 && (size != 8 || space == PORTS)) || offset >= length || size > length - offset) {
        print("no access of %lu bytes at %lx: the device has %u bytes\n", size, offset, length);
        return 0;
    }
    return 1;
}

static void help(void) {
    print("r OFFSET [SIZE]         reads a register\n"
          "w OFFSET VALUE [SIZE]   writes one\n"
          "i                       time, accesses, interrupts\n"
          "q                       switches the machine off\n");
}

static void read_command(const char *text) {
    u64 offset, size = width;
    if (!number(&text, &offset)) {
        help();
        return;
    }
    number(&text, &size);
    size = size ? size : width;
    if (fits(offset, size)) {
        u64 value = load((u32)offset, (u32)size);
        print("%lx: %lx %lu\n", offset, value, value);
    }
}

static void write_command(const char *text) {
    u64 offset, value, size = width;
    if (!number(&text, &offset) || !number(&text, &value)) {
        help();
        return;
    }
    number(&text, &size);
    size = size ? size : width;
    if (fits(offset, size)) {
        store((u32)offset, (u32)size, value);
    }
}

static void run(const char *text) {
    switch (*text) {
    case 0: return;
    case 'r': read_command(text + 1); return;
    case 'w': write_command(text + 1); return;
    case 'i':
        print("up %lu s, reads %u, writes %u, interrupts %u\n", (tsc() - began) / hertz, reads, writes, interrupts);
        return;
    case 'q': power_off();
    default: help();
    }
}

static void prompt(void) {
    line[letters] = 0;
    print("probe> %s", line);
}

static void letter(char c) {
    if (c == '\r' || c == '\n') {
        put('\n');
        line[letters] = 0;
        letters = 0;
        run(line);
        prompt();
    } else if ((c == 8 || c == 127) && letters > 0) {
        letters--;
        print("%c %c", 8, 8);
    } else if (c >= ' ' && c < 127 && letters < MOST_LETTERS) {
        line[letters++] = c;
        put(c);
    }
}

static void tell_of_interrupts(void) {
    u32 now = interrupts;
    if (now != told) {
        told = now;
        print("\ninterrupt %u\n", now);
        prompt();
    }
}

void guest(u32 cpu) {
    if (cpu != 0) {
        return;
    }
    serial_begin();
    processor_begin(0);
    hertz = tsc_hertz();
    began = tsc();
    if (!find()) {
        leave(0x21);
    }
    width = space == PORTS ? 1 : 4;
    connect(SERIAL_GSI, VECTOR_SERIAL);
    out8(IER, 1);
    prompt();
    for (;;) {
        interrupts_off();
        while (in8(LSR) & LSR_DR) {
            letter((char)in8(RBR));
        }
        tell_of_interrupts();
        __asm__ volatile("sti; hlt" : : : "memory");
    }
}
