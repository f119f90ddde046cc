/* A file system that can lose its power: what was not synced is in this process's memory, and nowhere else.
 *
 *     powerdisk STORE MOUNTPOINT [fuse options]       SIGUSR1: the power goes, and all that was not synced with it
 *                                                     SIGUSR2: the same, but by chance half of it had got to the disk
 *
 * Readers see every write at once, as from a page cache. fsync and fdatasync of a file put its bytes and its size into STORE;
 * fsync of a folder puts its names there. Nothing else does: a file that is synced in a folder that is not is gone after a cut,
 * a removed or renamed name is back, a truncated file has its old length. That is harder than ext4, and what POSIX promises.
 * Half of it is drawn sector by sector (512 bytes), so pages are torn and order is not kept. At the end stdout says what was lost.
 *
 * STORE holds a file for each inode, by number, and for each folder N the list N.names: `inode d|f mode name`.
 */

#define FUSE_USE_VERSION 31
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECTOR 512

struct entry;

/* A file or a folder as readers see it. `dirty`: one byte a sector, set where STORE has something else. */
struct node {
    unsigned long ino;
    int folder, scratch, renamed;
    mode_t mode;
    size_t size, room;
    char *data;
    unsigned char *dirty;
    struct entry *entries;
    struct timespec changed;
    struct node *next;
};

struct entry {
    char *name;
    struct node *node;
    struct entry *next;
};

static char *store;
static struct node *root, *every;
static unsigned long last_ino = 1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sigset_t cuts;

/* -- nodes: never freed, a campaign is short --------------------------------------------------------------------------- */

static void *some(void *old, size_t size)
{
    void *got = realloc(old, size);
    if (!got)
        abort();
    return got;
}

static struct node *new_node(unsigned long ino, int folder, mode_t mode)
{
    struct node *made = some(NULL, sizeof *made);
    *made = (struct node){.ino = ino, .folder = folder, .mode = mode & 07777, .next = every};
    clock_gettime(CLOCK_REALTIME, &made->changed);
    return every = made;
}

static struct entry **find(struct node *folder, const char *name, size_t length)
{
    struct entry **place = &folder->entries;
    while (*place && (strlen((*place)->name) != length || memcmp((*place)->name, name, length)))
        place = &(*place)->next;
    return place;
}

/* The folder that a path's last name is in, and that name; NULL if there is no such folder. */
static struct node *parent(const char *path, const char **name)
{
    struct node *at = root;
    for (path++;; path++) {
        const char *slash = strchr(path, '/');
        if (!slash) {
            *name = path;
            return at->folder ? at : NULL;
        }
        struct entry *found = *find(at, path, (size_t)(slash - path));
        if (!found)
            return NULL;
        at = found->node;
        path = slash;
    }
}

static struct node *lookup(const char *path, struct fuse_file_info *info)
{
    const char *name;
    if (info && info->fh)
        return (struct node *)info->fh;
    struct node *folder = parent(path, &name);
    if (!folder || !*name)
        return folder;
    struct entry *found = *find(folder, name, strlen(name));
    return found ? found->node : NULL;
}

static void add(struct node *folder, const char *name, struct node *node)
{
    struct entry *made = some(NULL, sizeof *made);
    size_t length = strlen(name);
    *made = (struct entry){strdup(name), node, folder->entries};
    folder->entries = made;
    folder->renamed = 1;
    /* SQLite's index of its log: never synced, and made anew by the first who comes */
    node->scratch = length > 4 && !strcmp(name + length - 4, "-shm");
}

static void drop(struct node *folder, struct entry **place)
{
    *place = (*place)->next;
    folder->renamed = 1;
}

/* -- the store --------------------------------------------------------------------------------------------------------- */

static size_t sectors(size_t size)
{
    return (size + SECTOR - 1) / SECTOR;
}

static int in_store(const struct node *node, const char *suffix, int flags)
{
    char *path;
    if (asprintf(&path, "%s/%lu%s", store, node->ino, suffix) < 0)
        abort();
    int handle = open(path, flags | O_CLOEXEC, 0600);
    free(path);
    return handle;
}

/* Puts a file's sectors into the store: all that differ, or by chance half of them. Says how many stayed out. */
static size_t persist(struct node *node, int half)
{
    size_t out = 0, count = sectors(node->size);
    int handle = in_store(node, "", O_RDWR | O_CREAT);
    if (handle < 0)
        abort();
    for (size_t at = 0; at < count; at++) {
        size_t begin = at * SECTOR, length = node->size - begin < SECTOR ? node->size - begin : SECTOR;
        if (!node->dirty[at])
            continue;
        if (half && rand() % 2) {
            out++;
            continue;
        }
        if (pwrite(handle, node->data + begin, length, (off_t)begin) != (ssize_t)length)
            abort();
        node->dirty[at] = 0;
    }
    if (!half && ftruncate(handle, (off_t)node->size))
        abort();
    close(handle);
    return out;
}

static void persist_names(struct node *folder)
{
    char *path, *aside;
    if (asprintf(&path, "%s/%lu.names", store, folder->ino) < 0 || asprintf(&aside, "%s.new", path) < 0)
        abort();
    FILE *out = fopen(aside, "w");
    if (!out)
        abort();
    for (struct entry *each = folder->entries; each; each = each->next)
        fprintf(out, "%lu %c %o %s\n", each->node->ino, each->node->folder ? 'd' : 'f', each->node->mode, each->name);
    if (fclose(out) || rename(aside, path))
        abort();
    free(path);
    free(aside);
    folder->renamed = 0;
}

static void load_data(struct node *node)
{
    int handle = in_store(node, "", O_RDONLY);
    if (handle < 0)
        return; /* its name was synced and it never was: it is empty */
    off_t size = lseek(handle, 0, SEEK_END);
    node->size = node->room = (size_t)size;
    node->data = some(NULL, node->size + 1);
    node->dirty = some(NULL, sectors(node->size) + 1);
    memset(node->dirty, 0, sectors(node->size) + 1);
    if (pread(handle, node->data, node->size, 0) != (ssize_t)node->size)
        abort();
    close(handle);
}

static void load_names(struct node *folder)
{
    char name[256], type;
    unsigned long ino;
    unsigned mode;
    int handle = in_store(folder, ".names", O_RDONLY);
    FILE *in = handle < 0 ? NULL : fdopen(handle, "r");
    while (in && fscanf(in, "%lu %c %o %255[^\n]", &ino, &type, &mode, name) == 4) {
        struct node *node = new_node(ino, type == 'd', mode);
        add(folder, name, node);
        if (node->folder)
            load_names(node);
        else
            load_data(node);
    }
    if (in)
        fclose(in);
    folder->renamed = 0;
}

static void load(void)
{
    DIR *all = opendir(store);
    if (!all)
        abort();
    for (struct dirent *each; (each = readdir(all));) {
        /* a number is never given twice: what a cut left behind without a name keeps its own */
        unsigned long ino = strtoul(each->d_name, NULL, 10);
        last_ino = ino > last_ino ? ino : last_ino;
    }
    closedir(all);
    root = new_node(1, 1, 0711);
    load_names(root);
}

/* -- the power goes ---------------------------------------------------------------------------------------------------- */

static void *wait_for_the_cut(void *nothing)
{
    int got;
    size_t lost = 0, had = 0, names = 0;
    sigwait(&cuts, &got);
    pthread_mutex_lock(&lock);
    srand((unsigned)time(NULL) ^ (unsigned)getpid());
    for (struct node *node = every; node; node = node->next) {
        size_t here = 0;
        for (size_t at = 0; at < sectors(node->size); at++)
            here += node->dirty[at] != 0;
        if (here && !node->scratch) {
            had += here;
            lost += got == SIGUSR2 ? persist(node, 1) : here;
        }
        if (node->folder && node->renamed) {
            if (got == SIGUSR2 && rand() % 2)
                persist_names(node);
            else
                names++;
        }
    }
    printf("%zu %zu %zu\n", lost, had, names);
    fflush(stdout);
    _exit(0);
    return nothing;
}

/* -- what readers and writers see -------------------------------------------------------------------------------------- */

#define LOCKED(work)                  \
    do {                              \
        pthread_mutex_lock(&lock);    \
        int answer = (work);          \
        pthread_mutex_unlock(&lock);  \
        return answer;                \
    } while (0)

static int do_getattr(struct node *node, struct stat *out)
{
    if (!node)
        return -ENOENT;
    *out = (struct stat){
        .st_ino = node->ino, .st_nlink = 1, .st_uid = getuid(), .st_gid = getgid(), .st_size = (off_t)node->size,
        .st_blocks = (blkcnt_t)sectors(node->size), .st_mode = node->mode | (node->folder ? S_IFDIR : S_IFREG),
        .st_mtim = node->changed, .st_ctim = node->changed, .st_atim = node->changed,
    };
    return 0;
}

static int on_getattr(const char *path, struct stat *out, struct fuse_file_info *info)
{
    LOCKED(do_getattr(lookup(path, info), out));
}

static int do_readdir(struct node *node, void *buffer, fuse_fill_dir_t fill)
{
    if (!node || !node->folder)
        return -ENOTDIR;
    fill(buffer, ".", NULL, 0, 0);
    fill(buffer, "..", NULL, 0, 0);
    for (struct entry *each = node->entries; each; each = each->next)
        fill(buffer, each->name, NULL, 0, 0);
    return 0;
}

static int on_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t at, struct fuse_file_info *info,
                      enum fuse_readdir_flags flags)
{
    (void)at, (void)flags, (void)info;
    LOCKED(do_readdir(lookup(path, NULL), buffer, fill));
}

static int do_make(const char *path, mode_t mode, int folder, struct fuse_file_info *info)
{
    const char *name;
    struct node *where = parent(path, &name);
    if (!where)
        return -ENOENT;
    if (*find(where, name, strlen(name)))
        return -EEXIST;
    struct node *made = new_node(++last_ino, folder, mode);
    add(where, name, made);
    if (info)
        info->fh = (uint64_t)made;
    return 0;
}

static int on_mkdir(const char *path, mode_t mode)
{
    LOCKED(do_make(path, mode, 1, NULL));
}

static int on_create(const char *path, mode_t mode, struct fuse_file_info *info)
{
    LOCKED(do_make(path, mode, 0, info));
}

static int do_open(const char *path, struct fuse_file_info *info)
{
    struct node *node = lookup(path, NULL);
    if (!node)
        return -ENOENT;
    info->fh = (uint64_t)node;
    return 0;
}

static int on_open(const char *path, struct fuse_file_info *info)
{
    LOCKED(do_open(path, info));
}

static int do_remove(const char *path, int folder)
{
    const char *name;
    struct node *where = parent(path, &name);
    struct entry **place = where ? find(where, name, strlen(name)) : NULL;
    if (!place || !*place)
        return -ENOENT;
    if ((*place)->node->folder != folder)
        return folder ? -ENOTDIR : -EISDIR;
    if (folder && (*place)->node->entries)
        return -ENOTEMPTY;
    drop(where, place);
    return 0;
}

static int on_unlink(const char *path)
{
    LOCKED(do_remove(path, 0));
}

static int on_rmdir(const char *path)
{
    LOCKED(do_remove(path, 1));
}

static int do_rename(const char *from, const char *to, unsigned flags)
{
    const char *old, *new;
    struct node *source = parent(from, &old), *target = parent(to, &new);
    struct entry **place = source ? find(source, old, strlen(old)) : NULL;
    if (flags)
        return -EINVAL;
    if (!place || !*place || !target)
        return -ENOENT;
    struct node *node = (*place)->node;
    drop(source, place);
    struct entry **taken = find(target, new, strlen(new));
    if (*taken)
        drop(target, taken);
    add(target, new, node);
    return 0;
}

static int on_rename(const char *from, const char *to, unsigned flags)
{
    LOCKED(do_rename(from, to, flags));
}

static int do_read(struct node *node, char *buffer, size_t size, off_t at)
{
    if ((size_t)at >= node->size)
        return 0;
    size_t left = node->size - (size_t)at;
    memcpy(buffer, node->data + at, size < left ? size : left);
    return (int)(size < left ? size : left);
}

static int on_read(const char *path, char *buffer, size_t size, off_t at, struct fuse_file_info *info)
{
    LOCKED(do_read(lookup(path, info), buffer, size, at));
}

/* Gives a file a length; what is new in it are zeros, and differs from the store. */
static void resize(struct node *node, size_t size)
{
    size_t from = node->size < size ? node->size : size, to = node->size < size ? size : node->size;
    if (size > node->room) {
        size_t room = size + size / 2 + 65536, before = node->data ? sectors(node->room) : 0;
        node->data = some(node->data, room);
        node->dirty = some(node->dirty, sectors(room));
        memset(node->dirty + before, 1, sectors(room) - before);
        node->room = room;
    }
    if (to > from) {
        memset(node->data + from, 0, to - from);
        memset(node->dirty + from / SECTOR, 1, sectors(to) - from / SECTOR);
    }
    node->size = size;
    clock_gettime(CLOCK_REALTIME, &node->changed);
}

static int do_write(struct node *node, const char *buffer, size_t size, off_t at)
{
    size_t end = (size_t)at + size;
    if (!size)
        return 0;
    if (end > node->size)
        resize(node, end);
    memcpy(node->data + at, buffer, size);
    memset(node->dirty + (size_t)at / SECTOR, 1, sectors(end) - (size_t)at / SECTOR);
    clock_gettime(CLOCK_REALTIME, &node->changed);
    return (int)size;
}

static int on_write(const char *path, const char *buffer, size_t size, off_t at, struct fuse_file_info *info)
{
    LOCKED(do_write(lookup(path, info), buffer, size, at));
}

static int do_truncate(struct node *node, off_t size)
{
    if (!node)
        return -ENOENT;
    if ((size_t)size != node->size)
        resize(node, (size_t)size);
    return 0;
}

static int on_truncate(const char *path, off_t size, struct fuse_file_info *info)
{
    LOCKED(do_truncate(lookup(path, info), size));
}

static int do_fsync(struct node *node)
{
    if (node->folder)
        persist_names(node);
    else
        persist(node, 0);
    return 0;
}

static int on_fsync(const char *path, int data_only, struct fuse_file_info *info)
{
    (void)data_only;
    LOCKED(do_fsync(lookup(path, info)));
}

static int on_fsyncdir(const char *path, int data_only, struct fuse_file_info *info)
{
    (void)data_only, (void)info;
    LOCKED(do_fsync(lookup(path, NULL)));
}

static int do_chmod(struct node *node, mode_t mode)
{
    if (!node)
        return -ENOENT;
    node->mode = mode & 07777;
    return 0;
}

static int on_chmod(const char *path, mode_t mode, struct fuse_file_info *info)
{
    LOCKED(do_chmod(lookup(path, info), mode));
}

static int on_chown(const char *path, uid_t uid, gid_t gid, struct fuse_file_info *info)
{
    (void)path, (void)uid, (void)gid, (void)info;
    return 0; /* everything belongs to whoever started this */
}

static int on_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *info)
{
    (void)path, (void)times, (void)info;
    return 0;
}

static int on_statfs(const char *path, struct statvfs *out)
{
    (void)path;
    *out = (struct statvfs){.f_bsize = 4096, .f_frsize = 4096, .f_blocks = 1 << 22, .f_bfree = 1 << 21,
                            .f_bavail = 1 << 21, .f_files = 1 << 20, .f_ffree = 1 << 19, .f_namemax = 255};
    return 0;
}

static void *on_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
    pthread_t thread;
    (void)connection;
    config->use_ino = config->kernel_cache = config->hard_remove = 1;
    if (pthread_create(&thread, NULL, wait_for_the_cut, NULL))
        abort();
    return NULL;
}

static const struct fuse_operations operations = {
    .init = on_init, .getattr = on_getattr, .readdir = on_readdir, .mkdir = on_mkdir, .create = on_create,
    .open = on_open, .unlink = on_unlink, .rmdir = on_rmdir, .rename = on_rename, .read = on_read,
    .write = on_write, .truncate = on_truncate, .fsync = on_fsync, .fsyncdir = on_fsyncdir, .chmod = on_chmod,
    .chown = on_chown, .utimens = on_utimens, .statfs = on_statfs,
};

int main(int count, char *words[])
{
    if (count < 3) {
        fprintf(stderr, "powerdisk STORE MOUNTPOINT [fuse options]\n");
        return 2;
    }
    store = realpath(words[1], NULL);
    if (!store) {
        perror(words[1]);
        return 2;
    }
    sigemptyset(&cuts);
    sigaddset(&cuts, SIGUSR1);
    sigaddset(&cuts, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &cuts, NULL);
    load();
    words[1] = words[0];
    return fuse_main(count - 1, words + 1, &operations, NULL);
}
