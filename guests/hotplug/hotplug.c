/*
 * hotplug: a guest that is told of PCI functions which come and go, by the hot-plug controller (dev-hotplug), and uses those that it
 * knows: the sample device (its data sheet is the README of the bundle dev-sample), with registers, DMA and a message each round.
 *
 *   armed
 *   slot 5: inserted c09e:1
 *   slot 5: works                    a first round was right
 *   slot 5: asked                    to let go of it
 *   slot 5: ejected after 17 rounds
 *   slot 5: pulled out after 3 rounds
 *
 *   slot 5: refused                  since it is busy
 *
 * Input: `k` keeps all functions from now on, whoever asks, `r` refuses those that were asked for and will be, and `l` lets go of those
 * that were asked for; `q` ends the guest: power-off if all was right, else debug exit 0x21.
 */
#include "runtime.h"

#define RBR (COM1 + 0)
#define IER (COM1 + 1)
#define LSR (COM1 + 5)
#define LSR_DR 0x01
#define SLOTS 32
#define CONTROLLER 0xCC0
#define CHANGED (CONTROLLER + 0)
#define REMOVAL (CONTROLLER + 4)
#define EJECT (CONTROLLER + 8)
#define CONTROL (CONTROLLER + 12)
#define ARMED 1
#define BUSY (3u << 16 | 0x82u << 8 | ARMED) /* what _OST would say of an eject request */
#define IOAPIC 0xFEC00000ul
#define CONTROLLER_GSI 5
#define SERIAL_GSI 4
#define LEVEL 0x8000
#define VECTOR_CONTROLLER 0x50
#define VECTOR_SERIAL 0x60
#define VECTOR_SLOT 0x80 /* and up: one each slot */

#define NOBODY 0xFFFFFFFFu
#define SAMPLE 0x0001C09Eu
#define COMMAND 0x04
#define COMMAND_ALL 0x0406u /* memory, bus master, no INTx */
#define BAR0 0x10
#define CAPABILITIES 0x34
#define MSI 0x05
#define MEMORY_AT 0xC1000000ul

#define R_ID 0x000
#define S_ID 0x4C505543u
#define R_CAUSE 0x040
#define R_ENABLE 0x044
#define R_DMA_SOURCE 0x080
#define R_DMA_TARGET 0x088
#define R_DMA_LENGTH 0x090
#define R_DMA_COMMAND 0x094
#define R_DMA_STATUS 0x098
#define DMA_EVENT 1
#define GUEST_TO_GUEST 3
#define DONE 2
#define BYTES 256
#define TRIES 2000000u

static volatile u32 changed, asked, messages[SLOTS];
static u32 used, works, keeping, refusing, rounds[SLOTS], errors;
static u8 source[BYTES] __attribute__((aligned(16))), target[BYTES] __attribute__((aligned(16)));

static u32 pci_read(u32 slot, u32 offset) {
    out32(0xCF8, 0x80000000u | slot << 11 | (offset & 0xFC));
    return in32(0xCFC);
}

static void pci_write(u32 slot, u32 offset, u32 value) {
    out32(0xCF8, 0x80000000u | slot << 11 | (offset & 0xFC));
    out32(0xCFC, value);
}

static void ioapic_write(u32 index, u32 value) {
    store32(IOAPIC, index);
    store32(IOAPIC + 0x10, value);
}

static void connect(u32 gsi, u32 entry) {
    ioapic_write(0x10 + 2 * gsi + 1, apic_id() << 24);
    ioapic_write(0x10 + 2 * gsi, entry);
}

void interrupt(struct frame *frame) {
    if (frame->vector == VECTOR_CONTROLLER) {
        u32 now = in32(CHANGED);
        out32(CHANGED, now);
        changed |= now;
        now = in32(REMOVAL);
        out32(REMOVAL, now);
        asked |= now;
    } else if (frame->vector >= VECTOR_SLOT && frame->vector < VECTOR_SLOT + SLOTS) {
        messages[frame->vector - VECTOR_SLOT]++;
    } else if (frame->vector != VECTOR_SERIAL) {
        dump("unexpected interrupt", frame);
        leave(0x21);
    }
    apic_write(APIC_EOI, 0);
}

static u32 taken(volatile u32 *bits) { return __atomic_exchange_n(bits, 0, __ATOMIC_SEQ_CST); }

static u64 place(u32 slot) { return MEMORY_AT + 0x1000ul * slot; }

static int there(u32 slot) { return pci_read(slot, 0) != NOBODY; }

static int enable_message(u32 slot) {
    u32 at = pci_read(slot, CAPABILITIES) & 0xFC;
    for (u32 tries = 0; at && tries < 48 && (pci_read(slot, at) & 0xFF) != MSI; tries++) {
        at = pci_read(slot, at) >> 8 & 0xFC;
    }
    if (at == 0) {
        return 0;
    }
    u32 control = pci_read(slot, at) >> 16;
    u32 wide = control & 0x80;
    pci_write(slot, at + 4, 0xFEE00000u | apic_id() << 12);
    if (wide) {
        pci_write(slot, at + 8, 0);
    }
    pci_write(slot, at + (wide ? 12 : 8), VECTOR_SLOT + slot);
    pci_write(slot, at, (control & ~0x70u) << 16 | 1u << 16);
    return 1;
}

/* A base address register of a card that was just put in holds nothing: it gets a place here. */
static void insert(u32 slot) {
    u32 id = pci_read(slot, 0);
    print("slot %u: inserted %x:%x\n", slot, id & 0xFFFF, id >> 16);
    if (id != SAMPLE) {
        return;
    }
    pci_write(slot, BAR0, (u32)place(slot));
    pci_write(slot, COMMAND, COMMAND_ALL);
    if (!enable_message(slot) || load32(place(slot) + R_ID) != S_ID) {
        print("error: slot %u does not answer\n", slot);
        errors++;
        return;
    }
    rounds[slot] = 0;
    store32(place(slot) + R_ENABLE, DMA_EVENT);
    used |= 1u << slot;
    works &= ~(1u << slot);
}

/* One transfer through the device, and its message. Wrong answers are errors only if it is still there. */
static void use(u32 slot) {
    u64 at = place(slot);
    u32 before = messages[slot];
    for (u32 i = 0; i < BYTES; i++) {
        source[i] = (u8)(rounds[slot] * 7 + i + slot);
        target[i] = 0;
    }
    store32(at + R_CAUSE, DMA_EVENT);
    store64(at + R_DMA_SOURCE, (u64)source);
    store64(at + R_DMA_TARGET, (u64)target);
    store32(at + R_DMA_LENGTH, BYTES);
    store32(at + R_DMA_COMMAND, GUEST_TO_GUEST);
    for (u32 tries = 0; messages[slot] == before && tries < TRIES && there(slot); tries++) {
        relax();
    }
    u32 right = messages[slot] == before + 1 && load32(at + R_DMA_STATUS) == DONE;
    for (u32 i = 0; i < BYTES; i++) {
        right &= source[i] == target[i];
    }
    if (!right) {
        if (there(slot) && load32(at + R_ID) == S_ID && (changed >> slot & 1) == 0) {
            print("error: slot %u, round %u: messages %u of %u, status %x\n", slot, rounds[slot], messages[slot], before + 1,
                  load32(at + R_DMA_STATUS));
            errors++;
        }
        return;
    }
    rounds[slot]++;
    if ((works >> slot & 1) == 0) {
        works |= 1u << slot;
        print("slot %u: works\n", slot);
    }
}

static void let_go(u32 slot) {
    u32 bit = 1u << slot;
    pci_write(slot, COMMAND, 0);
    used &= ~bit;
    out32(EJECT, bit);
    for (u32 tries = 0; tries < TRIES && there(slot); tries++) {
        relax();
    }
    if (there(slot)) {
        print("error: slot %u is still there\n", slot);
        errors++;
    }
    print("slot %u: ejected after %u rounds\n", slot, rounds[slot]);
}

static void look(u32 slot) {
    u32 bit = 1u << slot;
    if ((used & bit) && (!there(slot) || load32(place(slot) + R_ENABLE) != DMA_EVENT)) {
        used &= ~bit; /* gone, or another one in its place */
        print("slot %u: pulled out after %u rounds\n", slot, rounds[slot]);
    }
    if (!(used & bit) && there(slot)) {
        insert(slot);
    }
}

static u32 requests;

static void serve(void) {
    u32 now = taken(&changed), wanted = taken(&asked);
    for (u32 slot = 1; slot < SLOTS; slot++) {
        if (now >> slot & 1) {
            look(slot);
        }
        if (wanted >> slot & 1) {
            print("slot %u: asked\n", slot);
        }
    }
    requests |= wanted;
    for (u32 slot = 1; slot < SLOTS && !keeping; slot++) {
        if (requests >> slot & 1) {
            requests &= ~(1u << slot);
            if (refusing) {
                out32(CONTROL, BUSY | slot << 1);
                print("slot %u: refused\n", slot);
            } else if (there(slot)) {
                let_go(slot);
            }
        }
    }
}

static void letter(char c) {
    if (c == 'k' || c == 'l' || c == 'r') {
        keeping = c == 'k';
        refusing = c == 'r';
        print(keeping ? "keeping\n" : refusing ? "refusing\n" : "letting go\n");
    } else if (c == 'q') {
        print("verdict: %s\n", errors ? "WRONG" : "right");
        if (errors) {
            leave(0x21);
        }
        power_off();
    }
}

void guest(u32 cpu) {
    if (cpu != 0) {
        return;
    }
    serial_begin();
    processor_begin(0);
    connect(CONTROLLER_GSI, VECTOR_CONTROLLER | LEVEL);
    connect(SERIAL_GSI, VECTOR_SERIAL);
    out8(IER, 1);
    if (in32(CONTROL) == NOBODY) {
        print("there is no hot-plug controller\n");
        leave(0x21);
    }
    out32(CONTROL, ARMED); /* before the first look at the bus: nothing is missed */
    interrupts_on();
    print("armed\n");
    for (u32 slot = 1; slot < SLOTS; slot++) {
        look(slot);
    }
    for (;;) {
        while (in8(LSR) & LSR_DR) {
            letter((char)in8(RBR));
        }
        serve();
        for (u32 slot = 1; slot < SLOTS; slot++) {
            if (used >> slot & 1) {
                use(slot);
            }
        }
        interrupts_off();
        if (used == 0 && changed == 0 && asked == 0 && (in8(LSR) & LSR_DR) == 0) {
            __asm__ volatile("sti; hlt" : : : "memory");
        }
        interrupts_on();
    }
}
